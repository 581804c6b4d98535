"""What people see: folds of the log for boards, tracking, cases, cost and evidence."""
