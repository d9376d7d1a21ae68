"""What Tuoju consists of: `make sbom`, `make audit-dependencies` and `make secrets`. Not part of the package."""
