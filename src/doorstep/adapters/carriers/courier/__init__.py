"""An on-demand courier: quotes, deliveries, and webhooks in the form of Standard Webhooks."""
