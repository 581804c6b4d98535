"""A regional parcel carrier: booking over HTTP, and batches of coded scans that it pushes."""
