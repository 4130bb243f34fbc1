"""Pure decisions about money: rating, splitting, and whether a voucher may pay."""
