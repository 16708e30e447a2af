"""Which view shows which screen of the flow."""

from collections.abc import Mapping
from types import MappingProxyType

from kiosk.flow import screens
from kiosk.ui.screens_chip import ConfirmIdentityView, HoldCardView, ReadingView
from kiosk.ui.screens_end import AtCounterView, PayingView, ShowTicketView, ThankYouView
from kiosk.ui.screens_entry import GiveKeyView, OutOfServiceView, PlaceCardView, WelcomeView
from kiosk.ui.screens_face import AskConsentView, LookAtCameraView
from kiosk.ui.screens_visit import CheckingInsuranceView, ChooseServiceView, RegisteringView, ShowInsuranceView
from kiosk.ui.view import ScreenView

VIEWS: Mapping[type, type[ScreenView]] = MappingProxyType(
    {
        screens.OutOfService: OutOfServiceView,
        screens.Welcome: WelcomeView,
        screens.GiveKey: GiveKeyView,
        screens.PlaceCard: PlaceCardView,
        screens.Reading: ReadingView,
        screens.HoldCard: HoldCardView,
        screens.ConfirmIdentity: ConfirmIdentityView,
        screens.AskConsent: AskConsentView,
        screens.LookAtCamera: LookAtCameraView,
        screens.CheckingInsurance: CheckingInsuranceView,
        screens.ShowInsurance: ShowInsuranceView,
        screens.ChooseService: ChooseServiceView,
        screens.Registering: RegisteringView,
        screens.Paying: PayingView,
        screens.ShowTicket: ShowTicketView,
        screens.ThankYou: ThankYouView,
        screens.AtCounter: AtCounterView,
    }
)
