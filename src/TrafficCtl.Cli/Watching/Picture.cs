using Spectre.Console;

namespace TrafficCtl.Cli.Watching;

/// <summary>What a line is worth when a terminal has fewer rows than there are lines: the first is dropped last.</summary>
internal enum Rank
{
    Title,
    Alarm,
    Weight,
    Now,
    News,
    Harm,
    MoreNews,
    Waits,
    Plan,
    Arms,
    Signals,
    MoreAlarm,
    MoreNow,
    MoreWaits,
    Forecast,
    OlderNews,
    Notes,
    Space,
    Rest,
}

/// <summary>A picture as lines with a rank each, from top to bottom; every line is cut at the terminal's edge and never wrapped.</summary>
internal sealed class Picture
{
    private readonly List<(Rank Rank, Paragraph Text)> lines = [];

    public int Count => lines.Count;

    public void Add(Rank rank, Paragraph text) => lines.Add((rank, text));

    /// <summary>An empty line before what follows, where there is room for it; none at the top and none twice.</summary>
    public void AddSpace()
    {
        if (lines.Count > 0 && lines[^1].Rank != Rank.Space) lines.Add((Rank.Space, new Paragraph()));
    }

    /// <summary>The most important lines, in their order. The arms are shown whole or not at all.</summary>
    public Rows Fit(int rows)
    {
        var kept = new SortedSet<int>();
        foreach (var rank in lines.Select((line, at) => (line.Rank, At: at)).GroupBy(static l => l.Rank).OrderBy(static g => g.Key))
        {
            var room = rows - kept.Count;
            var all = rank.Select(static l => l.At).ToList();
            if (rank.Key == Rank.Arms && all.Count > room) continue;
            kept.UnionWith(all.Take(room));
        }

        // A space at the end stands before nothing.
        while (kept.Count > 0 && lines[kept.Max].Rank == Rank.Space) kept.Remove(kept.Max);
        return new Rows(kept.Select(at => new OneLine(lines[at].Text)));
    }
}
