using System.Buffers;
using System.Collections.Immutable;
using TrafficCtl.Daemon.WindowJudging;

namespace TrafficCtl.Offline.Judging;

/// <summary>Keeps what is wrong with the windows of a request.</summary>
internal sealed class ListedLines : IBadLines
{
    private const int MostKept = 20;

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.");

    private readonly List<WindowProblem> problems = [];

    public long Count { get; private set; }

    public ImmutableArray<WindowProblem> Problems => [.. problems];

    public void Add(long line, string problem) => Keep(new WindowProblem(line, FieldIn(problem), problem));

    /// <summary>A metric of the analysis that no window has would be watched by nobody.</summary>
    public void Note(string about) => Keep(new WindowProblem(0, "options.analysis", about));

    private void Keep(WindowProblem problem)
    {
        if (++Count <= MostKept) problems.Add(problem);
    }

    /// <summary>Problems begin with the key that is wrong; those of a line as a whole do not.</summary>
    private static string FieldIn(string problem)
    {
        var end = problem.AsSpan().IndexOfAnyExcept(Letters);
        var path = (end < 0 ? problem : problem[..end]).TrimEnd('.');
        return KeySet.Window.Has(path.Split('.')[0]) ? path : "";
    }
}
