"""What every page and API route uses: forms, rendering, dependencies, errors, pagination."""
