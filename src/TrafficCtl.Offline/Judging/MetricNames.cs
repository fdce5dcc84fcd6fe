using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Offline.Judging;

/// <summary>The metrics that an analysis names, and which of them the windows have.</summary>
internal sealed class MetricNames(ImmutableArray<MetricTolerance> asked)
{
    private const int MostOthers = 32, LongestOther = 128;

    private readonly byte[][] names = [.. asked.Select(m => Encoding.UTF8.GetBytes(m.Name))];
    private readonly bool[] isSeen = new bool[asked.Length];
    private readonly List<byte[]> others = [];

    /// <summary>−1 when the analysis does not name it: then nobody compares it.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (!name.SequenceEqual(names[i])) continue;
            isSeen[i] = true;
            return i;
        }

        if (names.Length > 0) Remember(name);
        return -1;
    }

    /// <summary>A line for each metric of the analysis that no window has: misspelt, it would be watched by nobody.</summary>
    public IEnumerable<string> Missing()
    {
        var known = others.Select(o => JsonCursor.Words(o)).ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            if (isSeen[i]) continue;
            var found = known.Length == 0 ? "the windows have no others" : $"the windows have {string.Join(", ", known.Take(10))}";
            yield return $"no window has the metric {asked[i].Name} of the analysis: {Suggest.DidYouMean(asked[i].Name, known) ?? found}";
        }
    }

    private void Remember(ReadOnlySpan<byte> name)
    {
        foreach (var other in others)
            if (name.SequenceEqual(other)) return;
        if (others.Count < MostOthers && name.Length <= LongestOther) others.Add(name.ToArray());
    }
}
