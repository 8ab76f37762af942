"""Makes a statement smaller for as long as it still differs."""
import tree
from driver import worst

STEPS_MAX = 1500


def differs(driver, query, like=None):
    """The answer if the statement still differs in the same way, else None."""
    try:
        request = tree.request(query)
    except (IndexError, KeyError, AttributeError, TypeError):
        return None  # a proposal that is no tree
    answer = driver.ask(request)
    if not answer["plain"].startswith("0") and (like is None or answer["plain"] != like["plain"]):
        return None
    found = worst(answer)
    if found is None or found["verdict"] != "differs":
        return None
    if like is not None and found["state"][:2] != worst(like)["state"][:2]:
        return None
    return answer


def shrink(driver, query, answer):
    """(the smallest statement found, its answer)"""
    steps = 0
    again = True
    while again and steps < STEPS_MAX:
        again = False
        size = len(query.sql(tree.Context()))
        for smaller in tree.reductions(query):
            try:
                if len(smaller.sql(tree.Context())) >= size:
                    continue
            except (IndexError, KeyError, AttributeError, TypeError):
                continue
            steps += 1
            found = differs(driver, smaller, answer)
            if found is not None:
                query, answer, again = smaller, found, True
                break
            if steps >= STEPS_MAX:
                break
    return query, answer
