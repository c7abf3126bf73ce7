"""The estimators of tables beside gradient boosting, as all of them are without tuning."""
