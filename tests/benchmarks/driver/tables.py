# Copyright The PolySocket authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What came out, as tables in Markdown."""


def number(value):
    """Three figures, with the letter that everybody reads."""
    for factor, letter in ((1e6, ' M'), (1e3, ' k')):
        if value >= factor:
            return f'{value / factor:.3g}{letter}' if value < 1000 * factor else \
                f'{value / factor:.0f}{letter}'
    return f'{value:.3g}'


def seconds(value):
    for factor, name in ((1, 's'), (1e-3, 'ms'), (1e-6, 'µs')):
        if value >= factor:
            return f'{value / factor:.3g} {name}'
    return f'{value / 1e-9:.3g} ns'


def goal_text(goal):
    word = 'at least' if goal['must'] else 'reach for'
    return f'{word} {goal["value"]:g} ×: {goal["verdict"]}'


def peer_row(peer):
    ratio = peer.get('ratio')
    cells = [
        peer['name'],
        f'{number(peer["median"])} ({number(peer["low"])} to {number(peer["high"])})',
        seconds(peer['cpu']) if peer['cpu'] > 0 else '',
        f'{peer["switches"]:.2g}' if 'switches' in peer else '',
        f'{ratio["median"]:.3g} × ({ratio["low"]:.3g} to {ratio["high"]:.3g})' if ratio else '',
        '; '.join(map(goal_text, ratio['goals'])) if ratio else '',
    ]
    return '| ' + ' | '.join(cells) + ' |'


def case_table(case):
    lines = [
        f'### {case["key"]}: {case["title"]}',
        '',
        f'| | {case["unit"]} a second | processor time each | switches each '
        '| PolySocket is faster by | goal |',
        '|---|---|---|---|---|---|',
        *map(peer_row, sorted(case['peers'], key=lambda peer: -peer['median'])),
        '',
    ]
    if case['disturbed']:
        lines += [f'Other programs disturbed {case["disturbed"]} of the {case["rounds"]} rounds.',
                  '']
    return '\n'.join(lines)


def document(results):
    machine = results['machine']
    head = (f'Measured on {results["date"]} with `{results["command"]}`: '
            f'{machine["processors"]} × {machine["processor"]}, Linux {machine["kernel"]}. '
            'Medians of the rounds, least and greatest in parentheses.')
    return '\n'.join([head, '', *map(case_table, results['cases'])])
