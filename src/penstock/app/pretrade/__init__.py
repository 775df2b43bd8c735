"""`penstock pretrade`: orders and markets as a user names them, and the analysis as text, data and a page."""
