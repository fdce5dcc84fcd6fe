namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>The folders of a project and the arrows between them.</summary>
internal sealed class FolderGraph(IEnumerable<FolderArrow> arrows)
{
    private readonly ILookup<string, string> _uses = arrows.ToLookup(a => a.From, a => a.To);

    /// <summary>The shortest way of arrows from one folder to another, both named, or null.</summary>
    public IReadOnlyList<string>? Way(string from, string to)
    {
        var before = new Dictionary<string, string>();
        var waiting = new Queue<string>([from]);
        while (waiting.TryDequeue(out var at))
            foreach (var next in _uses[at].Order(StringComparer.Ordinal))
            {
                if (!before.TryAdd(next, at)) continue;
                if (next == to) return [.. Back(before, from, to).Reverse()];
                waiting.Enqueue(next);
            }

        return null;
    }

    /// <summary>One shortest circle through each folder that is on one, each circle once.</summary>
    public IEnumerable<string> Circles() =>
        _uses.Select(u => u.Key).Order(StringComparer.Ordinal).Select(f => Way(f, f)).OfType<IReadOnlyList<string>>()
            .DistinctBy(way => string.Join(' ', way.Skip(1).Order(StringComparer.Ordinal))).Select(way => string.Join(" -> ", way));

    private static IEnumerable<string> Back(Dictionary<string, string> before, string from, string to)
    {
        yield return to;
        var at = before[to];
        for (; at != from; at = before[at]) yield return at;
        yield return from;
    }
}
