"""What the patient sees and touches: screens that render a flow model and emit flow events. They decide nothing."""

from kiosk.ui.interpreter import keep_none_alive

keep_none_alive()
