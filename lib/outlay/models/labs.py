"""AI laboratories: what follows from the few figures that are known of a firm without published accounts. Money in USD bn."""


def operating_cost(revenue: float, operating_loss: float) -> float:
    """Return what it cost to run the firm: revenue plus operating loss.

    OpenAI's first half of 2025, as The Information reported it (30 September 2025): revenue 4.3, operating loss 7.8.

    >>> round(operating_cost(4.3, 7.8), 1)
    12.1
    """
    return revenue + operating_loss


def required_growth(now: float, then: float, years: float) -> float:
    """Return the yearly growth that leads from one revenue to another: (then / now)^(1/years) - 1.

    The compound annual growth rate. From OpenAI's 13 in 2025 to the 200 that it planned for 2030: 72.7% a year.

    >>> round(required_growth(13, 200, 5), 3)
    0.727
    """
    if now <= 0 or then <= 0 or years <= 0:
        raise ValueError(f"growth needs positive amounts and years, not {now}, {then}, {years}")
    return (then / now) ** (1 / years) - 1
