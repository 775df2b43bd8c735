"""Fitted impact models side by side, and the one that goes into a template: the one asked for, else the best."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from penstock.app.fitted_table import Column, FittedTable
from penstock.cost.calibration import NAMES, Execution, Fit, calibrate, template_from
from penstock.domain.errors import BadInput
from penstock.tca.html.wording import number

LAWS = {
    "square_root": "cost = c · σ · √(Q/ADV)",
    "power_law": "cost = a · σ · (Q/volume)^beta",
    "linear": "cost = permanent · σ · Q/ADV + temporary · σ · Q/volume",
}


def fit_all(executions: Sequence[Execution], model: str, *, confidence: float, samples: int, seed: int) -> list[Fit]:
    """The fit of one model, or of every one that the executions can tell, the best first.

    Raises:
        BadInput: an unknown model, or executions to which nothing can be fitted.
    """
    options = {"confidence": confidence, "samples": samples, "seed": seed}
    if model:
        return [calibrate(executions, model, **options)]  # type: ignore[arg-type]
    fits, refusals = [], []
    for name in NAMES:
        try:
            fits.append(calibrate(executions, name, **options))  # type: ignore[arg-type]
        except BadInput as refusal:
            refusals.append(refusal)
    if not fits:
        raise refusals[0]
    return sorted(fits, key=lambda fit: -fit.r_squared)


def tell(fits: Sequence[Fit], console: Console) -> None:
    """Each model's coefficients with their intervals."""
    rows = [(fit, name, fitted) for fit in fits for name, fitted in fit.coefficients.items()]
    console.print(f"{fits[0].executions} executions", highlight=False)
    console.print(
        FittedTable(
            [
                Column("model", [fit.model for fit, _, _ in rows], "left"),
                Column("coefficient", [name for _, name, _ in rows], "left"),
                Column("value", [number(fitted.value, 4) for _, _, fitted in rows]),
                Column(
                    f"{fits[0].confidence:.0%} interval",
                    [f"{number(fitted.low, 4)} … {number(fitted.high, 4)}" for _, _, fitted in rows],
                ),
                Column("std error", [number(fitted.standard_error, 4) for _, _, fitted in rows], keep=1),
                Column("R²", [number(fit.r_squared, 3) for fit, _, _ in rows], keep=1),
                Column("law", [LAWS[fit.model] for fit, _, _ in rows], "left", keep=2),
            ]
        )
    )


def write_template(fits: Sequence[Fit], path: Path) -> None:
    """The impact template of the first fit, as `penstock pretrade --costs` reads it.

    Raises:
        BadInput: the file cannot be written.
    """
    fit = fits[0]
    template = template_from(fit)
    lines = [f"# {fit.model} fitted to {fit.executions} executions: {LAWS[fit.model]}"]
    lines += [
        f"# {name} {each.value:.6g}, {fit.confidence:.0%} between {each.low:.6g} and {each.high:.6g}"
        for name, each in fit.coefficients.items()
    ]
    lines += [f"{name} = {value!r}" for name, value in msgspec.to_builtins(template).items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput("--out", str(path), f"cannot be written to: {error.strerror}") from None
