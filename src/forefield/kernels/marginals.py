"""Who is whose plot: marginal association probabilities by belief propagation.

Tracks and plots form a bipartite graph of gated pairs. Each track caused at most one
plot, each plot has at most one track or none (clutter, or an object never seen
before). The sum-product algorithm on that graph (Williams and Lau 2014, "Approximate
evaluation of marginal association probabilities with belief propagation", IEEE TAES 50;
Meyer et al. 2018) is exact on trees, converges always, and costs a few passes over the
pairs. Pairs are given track by track (compressed rows); weights are relative: of a pair
to the track unseen and the plot without a track.
"""

from __future__ import annotations

from forefield.kernels.lean import lean

__all__ = ["clusters", "exact_marginals", "marginals"]


@lean
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@lean
def clusters(first, plot, n, owner, parent, order, start):
    """Tracks that share no plot, directly or through others, are apart.

    first   (n + 1,) where each track's pairs begin; plot (P,) the plot of each pair
    owner   (plots,) filled with -1 on entry, working space
    parent  (n,) working space
    order   (n,) filled: tracks that have pairs, cluster by cluster
    start   (n + 1,) filled: where each cluster begins in `order`
    Returns the number of clusters. Within a cluster tracks keep their order.
    """
    for i in range(n):
        parent[i] = i
        for e in range(first[i], first[i + 1]):
            j = plot[e]
            if owner[j] < 0:
                owner[j] = i
            else:
                a, b = _root(parent, owner[j]), _root(parent, i)
                if a < b:
                    parent[b] = a
                elif b < a:
                    parent[a] = b
    # The root is the least track of a cluster: clusters come in its order.
    count = 0
    for i in range(n):
        start[i] = 0
    for i in range(n):
        if first[i + 1] > first[i]:
            start[_root(parent, i)] += 1
    total = 0
    for i in range(n):
        size = start[i]
        start[i] = total
        total += size
    for i in range(n):
        if first[i + 1] > first[i]:
            r = _root(parent, i)
            order[start[r]] = i
            start[r] += 1
    # Each start now is its cluster's end; fold to the clusters that exist.
    begin = 0
    for i in range(n):
        if parent[i] == i and first[i + 1] > first[i]:
            end = start[i]
            start[count] = begin
            begin = end
            count += 1
    start[count] = begin
    return count


@lean
def marginals(first, plot, w, order, lo, hi, total, back, out, none, most, tolerance):
    """Association probabilities of one cluster.

    first, plot  as in `clusters`; order[lo:hi] the cluster's tracks
    w      (P,) weight of each pair
    total  (plots,) working space
    back   (P,) working space: messages from plot to track
    out    (P,) filled: probability that the pair is true
    none   (n,) filled: probability that the track caused none of them
    total  is left holding, for each plot, 1 + what its tracks ask for: the
           probability that it has no track is 1 / total
    """
    if hi - lo == 1:
        i = order[lo]
        s = 1.0
        for e in range(first[i], first[i + 1]):
            s += w[e]
        none[i] = 1.0 / s
        for e in range(first[i], first[i + 1]):
            out[e] = w[e] / s
            total[plot[e]] = 1.0 + w[e] / (1.0 + (s - 1.0 - w[e]))
        return
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            back[e] = 1.0
    for _ in range(most):
        for k in range(lo, hi):
            i = order[k]
            for e in range(first[i], first[i + 1]):
                total[plot[e]] = 1.0
        for k in range(lo, hi):
            i = order[k]
            s = 1.0
            for e in range(first[i], first[i + 1]):
                s += w[e] * back[e]
            for e in range(first[i], first[i + 1]):
                m = w[e] / max(s - w[e] * back[e], 1.0)
                out[e] = m
                total[plot[e]] += m
        change = 0.0
        for k in range(lo, hi):
            i = order[k]
            for e in range(first[i], first[i + 1]):
                b = 1.0 / max(total[plot[e]] - out[e], 1.0)
                change = max(change, abs(b - back[e]))
                back[e] = b
        if change < tolerance:
            break
    for k in range(lo, hi):
        i = order[k]
        s = 1.0
        for e in range(first[i], first[i + 1]):
            s += w[e] * back[e]
        none[i] = 1.0 / s
        for e in range(first[i], first[i + 1]):
            out[e] = w[e] * back[e] / s


@lean
def exact_marginals(
    first, plot, w, order, lo, hi, total, local, ahead, behind, out, none
):  # fmt: skip
    """The same, exactly, for a cluster of few plots; False if it has too many.

    Belief propagation is too sure where tracks and plots make a cycle, as two tracks
    with the same two plots do. Here the tracks are taken one after the other, with the
    set of plots already given away as the state: a sum over all joint events that costs
    pairs x 2^plots. A plot that only one track may have caused is no part of the state.

    local   (plots,) working space
    ahead   (tracks + 1, 2^plots) working space: sums over the events of the tracks
            before, for each set of plots that they took
    behind  (2, 2^plots) working space: the same of the tracks after
    """
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            local[plot[e]] = 0
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            local[plot[e]] -= 1
    # The latest tracks have the fewest plots: taken first, they keep the sets small.
    # none[i] holds for the moment how many plots were met before track i.
    nt, m = hi - lo, 0
    for k in range(hi - 1, lo - 1, -1):
        i = order[k]
        none[i] = m
        for e in range(first[i], first[i + 1]):
            if local[plot[e]] < -1:
                local[plot[e]] = m
                m += 1
    if nt + 1 > ahead.shape[0] or 1 << m > ahead.shape[1]:
        return False
    ahead[0, 0] = 1.0
    m0 = 0
    for a in range(nt):
        i = order[hi - 1 - a]
        m1 = m if a == nt - 1 else int(none[order[hi - 2 - a]])
        own, scale = _alone(first, plot, w, local, i)
        here, there = ahead[a], ahead[a + 1]
        had = 1 << m0
        for s in range(had):
            there[s] = own * scale * here[s]
        for s in range(had, 1 << m1):
            there[s] = 0.0
        for e in range(first[i], first[i + 1]):
            if local[plot[e]] < 0:
                continue
            bit, u = 1 << local[plot[e]], scale * w[e]
            for block in range(0, had, 2 * bit):
                for s in range(block, min(block + bit, had)):
                    there[s + bit] += u * here[s]
        if a % 8 == 7:
            _rescale(there, 1 << m1)
        m0 = m1
    for s in range(1 << m):
        behind[nt % 2, s] = 1.0
    for a in range(nt - 1, -1, -1):
        i = order[hi - 1 - a]
        had = 1 << int(none[i])
        own, scale = _alone(first, plot, w, local, i)
        here, there, before = behind[a % 2], behind[(a + 1) % 2], ahead[a]
        free = 0.0
        for s in range(had):
            t = own * scale * there[s]
            here[s] = t
            free += before[s] * t
        whole = free
        for e in range(first[i], first[i + 1]):
            if local[plot[e]] < 0:
                out[e] = w[e] / own * free
                continue
            bit, u = 1 << local[plot[e]], scale * w[e]
            p = 0.0
            for block in range(0, had, 2 * bit):
                for s in range(block, min(block + bit, had)):
                    t = u * there[s + bit]
                    here[s] += t
                    p += before[s] * t
            out[e] = p
            whole += p
        none[i] = free / (own * whole)
        for e in range(first[i], first[i + 1]):
            out[e] /= whole
        if a % 8 == 0:
            _rescale(here, had)
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            total[plot[e]] = 1.0
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            total[plot[e]] -= out[e]
            local[plot[e]] = 0
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            # From the chance that nobody has it to one over it, once for each plot.
            j = plot[e]
            if local[j] >= 0:
                total[j] = 1.0 / max(total[j], 1e-12)
                local[j] = -1
    return True


@lean
def _alone(first, plot, w, local, i):
    """Weight of track i without the plots it shares; one over its weight with them."""
    own, shared = 1.0, 0.0
    for e in range(first[i], first[i + 1]):
        if local[plot[e]] < 0:
            own += w[e]
        else:
            shared += w[e]
    return own, 1.0 / (own + shared)


@lean
def _rescale(row, n):
    """Bring the largest of n numbers to one, far from the least that there is."""
    top = 0.0
    for s in range(n):
        top = max(top, row[s])
    for s in range(n):
        row[s] /= top
