"""A file of limits to begin with: the four that everybody begins with, one table of most kinds, one circuit breaker."""

EXAMPLE = """\
# The desk's limits stand at the top. Money is in the desk's currency; "none" lifts a default.
position_value_max = 10_000      # one symbol, with everything that is open filled
gross_exposure_max = 30_000      # all symbols together
daily_loss_max = 500             # realised and not; beyond it orders may only reduce
order_rate_max = 20              # orders taken within any rate_window_s
rate_window_s = 60
warn_at = 0.8                    # say so when 80 % of a limit is used

# A table limits one account, user, strategy, symbol, asset_class, sector or venue; the tightest limit wins.
[account.fund1]
daily_loss_max = 200

[symbol.ACME]
order_value_max = 5_000
price_collar_bps = 100           # a limit price at most 1 % beyond the mid

[sector.tech]
symbols = ["ACME", "GLOBEX"]
gross_exposure_max = 15_000

[venue.okx]
message_rate_max = 50
rate_window_s = 1

# Circuit breakers: slippage, reject_rate, latency, stress, consecutive. What is left out keeps its default.
[breaker.latency]
threshold = 500                  # ms

# A live desk's own watch: each table switches one on, and what is left out keeps its default.
[watch]
pause_multiple = 3               # a symbol three times as volatile as usual takes nothing new

[heartbeat]
timeout_s = 30                   # without a client's heartbeat for so long
mode = "cancel_all"
"""
