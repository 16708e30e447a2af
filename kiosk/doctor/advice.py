"""What the probes are called, and what IT staff on site do when one warns or fails. One entry per probe."""

from dataclasses import dataclass

from kiosk.doctor.report import ProbeName
from kiosk.flow.values import Language


@dataclass(frozen=True, slots=True)
class Advice:
    """One instruction in both languages."""

    vi: str
    en: str


ADVICE = {
    ProbeName.SETTINGS: Advice(
        "Chạy “kiosk config check” và sửa các dòng được nêu trong tệp cấu hình.",
        "Run `kiosk config check` and correct the lines it names in the settings file.",
    ),
    ProbeName.ASSETS: Advice(
        "Cài lại phần mềm: thiếu tệp đi kèm hoặc tệp đã bị thay đổi.",
        "Install the software again: a file that ships with it is missing or was changed.",
    ),
    ProbeName.CLOCK: Advice(
        "Kiểm tra ngày giờ của máy và dịch vụ đồng bộ giờ (chrony hoặc systemd-timesyncd).",
        "Check the machine's date and time and its time service (chrony or systemd-timesyncd).",
    ),
    ProbeName.TIME_ZONE: Advice(
        "Đặt múi giờ của máy là Asia/Ho_Chi_Minh.",
        "Set the machine's time zone to Asia/Ho_Chi_Minh.",
    ),
    ProbeName.DISK: Advice(
        "Giải phóng dung lượng ổ đĩa chứa dữ liệu và kiểm tra quyền ghi của thư mục.",
        "Free space on the disk that holds the data and check that the folder may be written to.",
    ),
    ProbeName.STORE: Advice(
        "Không xóa tệp nào. Khởi động lại kiosk; nếu vẫn lỗi, liên hệ người quản trị dữ liệu.",
        "Delete nothing. Restart the kiosk; if the fault remains, call the data administrator.",
    ),
    ProbeName.MATCH_LOG: Advice(
        "Ngừng kiosk, giữ nguyên tệp dữ liệu và báo giám định viên: chuỗi nhật ký đối chiếu bị đứt.",
        "Stop the kiosk, keep the data files as they are and tell the auditors: the match log's chain is broken.",
    ),
    ProbeName.READER: Advice(
        "Rút và cắm lại đầu đọc thẻ; kiểm tra dịch vụ pcscd.",
        "Unplug the card reader and plug it in again; check the pcscd service.",
    ),
    ProbeName.TRUST_STORE: Advice(
        "Nhập chứng thư của cơ quan cấp thẻ bằng “python -m cccd_reader trust import”, rồi kiểm tra bằng "
        "“trust verify”. Không có chứng thư, kiosk chỉ xác nhận được thẻ nguyên vẹn.",
        "Import the issuers' certificates with `python -m cccd_reader trust import`, then check with `trust verify`. "
        "Without them the kiosk can only tell that a card is intact.",
    ),
    ProbeName.CARD: Advice(
        "Chỉ để một thẻ trên đầu đọc.",
        "Leave one card only on the reader.",
    ),
    ProbeName.SCANNER: Advice(
        "Rút và cắm lại máy quét mã; kiểm tra tên cổng trong mục [scanner]. Camera vẫn đọc được mã.",
        "Unplug the code scanner, plug it in again, and check the port in [scanner]. The camera still reads codes.",
    ),
    ProbeName.CAMERA: Advice(
        "Kiểm tra dây camera, nắp che ống kính và mục [camera] source; đóng chương trình khác đang dùng camera.",
        "Check the camera's cable, the lens cover and [camera] source; close other programs that use the camera.",
    ),
    ProbeName.MODELS: Advice(
        "Kiểm tra mục [face]; nếu đúng, cài lại phần mềm.",
        "Check the [face] settings; if they are right, install the software again.",
    ),
    ProbeName.PRINTER: Advice(
        "Kiểm tra giấy, nắp máy in, nguồn điện, dây mạng và mục [printer].",
        "Check the printer's paper, cover, power, network cable and the [printer] settings.",
    ),
    ProbeName.PORTAL: Advice(
        "Kiểm tra mạng, tài khoản cổng BHYT và mục [portal]. Kiosk vẫn nhận người bệnh và sẽ xác minh thẻ sau.",
        "Check the network, the portal account and [portal]. Patients are still received and verified later.",
    ),
    ProbeName.CHECK_IN_RECORDS: Advice(
        "Gia hạn hoặc thay chứng thư số của cơ sở, đăng ký lại trên cổng BHYT và kiểm tra tệp nêu ở mục [portal] "
        "checkin_file (hoặc bảng [checkin] của hub). Người bệnh vẫn được tiếp nhận; hồ sơ check-in (XML0) chờ gửi.",
        "Renew or replace the facility's certificate, register it on the insurance portal again, and check the file "
        "named by [portal] checkin_file, or the hub's [checkin]. Patients are still received; "
        "check-in records (XML0) wait.",
    ),
    ProbeName.HIS: Advice(
        "Kiểm tra mạng và mục [his]. Lượt khám vẫn được ghi nhận và sẽ gửi khi HIS hoạt động lại.",
        "Check the network and [his]. Visits are still recorded and sent once the HIS is back.",
    ),
    ProbeName.PAYMENT: Advice(
        "Kiểm tra mạng và mục [payment]. Người bệnh vẫn trả tiền tại quầy thu ngân.",
        "Check the network and [payment]. Patients can still pay at the cashier.",
    ),
}

TITLES = {
    ProbeName.SETTINGS: {Language.VI: "Cấu hình", Language.EN: "Settings"},
    ProbeName.ASSETS: {Language.VI: "Tệp đi kèm", Language.EN: "Shipped files"},
    ProbeName.CLOCK: {Language.VI: "Đồng hồ", Language.EN: "Clock"},
    ProbeName.TIME_ZONE: {Language.VI: "Múi giờ", Language.EN: "Time zone"},
    ProbeName.DISK: {Language.VI: "Ổ đĩa", Language.EN: "Disk"},
    ProbeName.STORE: {Language.VI: "Kho dữ liệu", Language.EN: "Store"},
    ProbeName.MATCH_LOG: {Language.VI: "Nhật ký đối chiếu", Language.EN: "Match log"},
    ProbeName.READER: {Language.VI: "Đầu đọc thẻ", Language.EN: "Card reader"},
    ProbeName.CARD: {Language.VI: "Thẻ trên đầu đọc", Language.EN: "Card on the reader"},
    ProbeName.TRUST_STORE: {Language.VI: "Chứng thư cơ quan cấp thẻ", Language.EN: "Issuers' certificates"},
    ProbeName.SCANNER: {Language.VI: "Máy quét mã", Language.EN: "Code scanner"},
    ProbeName.CAMERA: {Language.VI: "Camera", Language.EN: "Camera"},
    ProbeName.MODELS: {Language.VI: "Mô hình khuôn mặt", Language.EN: "Face models"},
    ProbeName.PRINTER: {Language.VI: "Máy in", Language.EN: "Printer"},
    ProbeName.PORTAL: {Language.VI: "Cổng BHYT", Language.EN: "Insurance portal"},
    ProbeName.CHECK_IN_RECORDS: {Language.VI: "Hồ sơ check-in (XML0)", Language.EN: "Check-in records (XML0)"},
    ProbeName.HIS: {Language.VI: "Phần mềm bệnh viện (HIS)", Language.EN: "Hospital system (HIS)"},
    ProbeName.PAYMENT: {Language.VI: "Thanh toán", Language.EN: "Payment"},
}
"""Names of the probes for a screen."""
