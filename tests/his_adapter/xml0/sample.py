"""A check-in record of somebody who does not exist."""

from his_adapter.bhyt.xml0 import CheckInRecord0

RECORD = CheckInRecord0(
    ma_lk="V0001",
    stt="1",
    ma_bn="BN0001",
    ho_ten="NGUYỄN THỊ HỢP LỆ",
    so_cccd="001190990101",
    ngay_sinh="199002030000",
    gioi_tinh="2",
    ma_the_bhyt="DN4010000000101",
    ma_dkbd="01999",
    gt_the_tu="20260101",
    gt_the_den="20261231",
    ma_doituong_kcb="1.1",
    ngay_vao="202611270731",
    ngay_vao_noi_tru="",
    ly_do_vnt="",
    ma_ly_do_vnt="",
    ma_loai_kcb="01",
    ma_cskcb="01999",
    ma_dich_vu="02.1897",
    ten_dich_vu="Khám Nội",
    ma_thuoc="",
    ten_thuoc="",
    ma_vat_tu="",
    ten_vat_tu="",
    ngay_yl="202611270731",
    du_phong="",
)
