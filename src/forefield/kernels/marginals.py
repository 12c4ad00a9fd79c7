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
    tracks x pairs x 2^plots.

    local   (plots,) working space
    ahead, behind  (tracks + 1, 2^plots) working space: sums over the events of the
            tracks before and after, for each set of plots that the ones before took
    """
    nt, m = hi - lo, 0
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            local[plot[e]] = -1
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            if local[plot[e]] < 0:
                local[plot[e]] = m
                m += 1
    sets = 1 << m
    if nt + 1 > ahead.shape[0] or sets > ahead.shape[1]:
        return False
    for a in range(nt + 1):
        for s in range(sets):
            ahead[a, s] = behind[a, s] = 0.0
    ahead[0, 0] = 1.0
    for a in range(nt):
        i = order[lo + a]
        top = 0.0
        for s in range(sets):
            f = ahead[a, s]
            if f == 0.0:
                continue
            ahead[a + 1, s] += f
            for e in range(first[i], first[i + 1]):
                bit = 1 << local[plot[e]]
                if s & bit == 0:
                    ahead[a + 1, s | bit] += f * w[e]
        for s in range(sets):
            top = max(top, ahead[a + 1, s])
        for s in range(sets):
            ahead[a + 1, s] /= top
    for s in range(sets):
        behind[nt, s] = 1.0
    for a in range(nt - 1, -1, -1):
        i = order[lo + a]
        top = 0.0
        for s in range(sets):
            b = behind[a + 1, s]
            for e in range(first[i], first[i + 1]):
                bit = 1 << local[plot[e]]
                if s & bit == 0:
                    b += w[e] * behind[a + 1, s | bit]
            behind[a, s] = b
            top = max(top, b)
        for s in range(sets):
            behind[a, s] /= top
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            total[plot[e]] = 1.0
    for a in range(nt):
        i = order[lo + a]
        free = 0.0
        for s in range(sets):
            free += ahead[a, s] * behind[a + 1, s]
        whole = free
        for e in range(first[i], first[i + 1]):
            bit = 1 << local[plot[e]]
            p = 0.0
            for s in range(sets):
                if s & bit == 0:
                    p += ahead[a, s] * behind[a + 1, s | bit]
            out[e] = p * w[e]
            whole += out[e]
        none[i] = free / whole
        for e in range(first[i], first[i + 1]):
            out[e] /= whole
            total[plot[e]] -= out[e]
    for k in range(lo, hi):
        i = order[k]
        for e in range(first[i], first[i + 1]):
            # From the chance that nobody has it to one over it, once for each plot.
            j = plot[e]
            if local[j] >= 0:
                total[j] = 1.0 / max(total[j], 1e-12)
                local[j] = -1
    return True
