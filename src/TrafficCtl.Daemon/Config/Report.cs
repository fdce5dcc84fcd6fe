using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config;

/// <summary>Collects the problems of one file, up to a number that a person still reads.</summary>
internal sealed class Report(string file)
{
    public const int Limit = 100;

    private readonly List<Problem> problems = [];
    private int left;

    public string File => file;

    public bool IsClean => problems.Count == 0;

    public void Add(Node at, string path, string message, string? hint = null) => Add(at.Line, at.Column, path, message, hint);

    public void Add(int line, int column, string path, string message, string? hint = null)
    {
        if (problems.Count < Limit) problems.Add(new Problem(file, line, column, path, message, hint));
        else left++;
    }

    public IEnumerable<Problem> All
    {
        get
        {
            var sorted = problems.OrderBy(p => p.Line).ThenBy(p => p.Column).ToImmutableArray();
            return left == 0 ? sorted : sorted.Add(new Problem(file, 0, 0, "", $"{left} further problems are not shown", null));
        }
    }
}
