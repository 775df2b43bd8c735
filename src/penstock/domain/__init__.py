"""The vocabulary: instruments, orders, events, reports, money, ids, time. Imports nothing of ours."""
