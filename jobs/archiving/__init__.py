"""The archive of boards, looked after and measured."""
