"""``python -m pytest_syncguard.cli``, the same as ``syncguard``."""

from pytest_syncguard.cli import main

if __name__ == "__main__":
    main()
