from django.urls import path

from . import office, programmes, vouchers, wallet

urlpatterns = [
    path("wallet/", wallet.wallet_page, name="wallet"),
    path("wallet/statement/", wallet.wallet_statement, name="wallet_statement"),
    path("receipts/<uuid:receipt_id>/", wallet.receipt_page, name="receipt"),
    path("programmes/", programmes.programme_list, name="programme_list"),
    path("programmes/new/", programmes.programme_new, name="programme_new"),
    path("programmes/<uuid:programme_id>/", programmes.programme_page, name="programme"),
    path("programmes/<uuid:programme_id>/budget/", programmes.programme_fund, name="programme_fund"),
    path("programmes/<uuid:programme_id>/vouchers/", programmes.voucher_issue, name="voucher_issue"),
    path("programmes/<uuid:programme_id>/vouchers/selected/", vouchers.voucher_bulk, name="voucher_bulk"),
    path("vouchers/<uuid:voucher_id>/step/", vouchers.voucher_step, name="voucher_step"),
    path("office/money/", office.money_page, name="office_money"),
    path("office/money/top-up/", office.top_up, name="top_up"),
    path("office/money/payout/", office.payout, name="payout"),
]
