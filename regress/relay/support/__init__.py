"""What tests share: each folder is a layer, and imports only those before it in regress/lint/layers."""
