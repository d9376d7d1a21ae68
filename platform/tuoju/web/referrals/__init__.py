"""Pages and API of referrals."""
