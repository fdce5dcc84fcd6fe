using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>Collects the problems of one file, up to a number that a person still reads.</summary>
internal sealed class Report(string file)
{
    public const int Limit = 100;

    private readonly List<Problem> problems = [];
    private readonly HashSet<(Node At, string Name, string Message)> said = new(Reported.Same);
    private readonly Dictionary<object, Node> listed = new(ReferenceEqualityComparer.Instance);
    private int left;

    public string File => file;

    public bool IsClean => problems.Count == 0;

    /// <summary>What an alias repeats is one problem: it is mended in one place.</summary>
    public void Add(Node at, string path, string message, string? hint = null)
    {
        if (said.Add((at, path[(path.LastIndexOf('.') + 1)..], message))) Add(at.Line, at.Column, path, message, hint);
    }

    /// <summary>Where the keys of a section were listed before; null for the first, which is to list them.</summary>
    public Node? FirstToList(object section, Node at)
    {
        if (listed.TryGetValue(section, out var first)) return first;
        listed[section] = at;
        return null;
    }

    public void Add(int line, int column, string path, string message, string? hint = null)
    {
        if (problems.Count < Limit) problems.Add(new Problem(file, line, column, path, message, hint));
        else left++;
    }

    /// <summary>The very node, not one that looks the same.</summary>
    private sealed class Reported : IEqualityComparer<(Node At, string Name, string Message)>
    {
        public static readonly Reported Same = new();

        public bool Equals((Node At, string Name, string Message) x, (Node At, string Name, string Message) y) =>
            ReferenceEquals(x.At, y.At) && x.Name == y.Name && x.Message == y.Message;

        public int GetHashCode((Node At, string Name, string Message) problem) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(problem.At), problem.Name, problem.Message);
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
