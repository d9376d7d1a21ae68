"""Plans (统筹分配方案): all waiting needs of a county or city assigned at once, changed and approved by a person."""
