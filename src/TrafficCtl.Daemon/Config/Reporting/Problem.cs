using System.Collections.Immutable;

namespace TrafficCtl.Daemon.Config.Reporting;

/// <summary>One thing wrong with the configuration: where, what, and what to write instead.</summary>
/// <param name="File">As it was named by the caller.</param>
/// <param name="Line">From 1; 0 when the problem is the file itself.</param>
/// <param name="Column">From 1; 0 when the problem is the file itself.</param>
/// <param name="Path">The field, such as <c>rollout[1].weights[2]</c>; empty for a whole document.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">What to do, such as <c>did you mean "stable"?</c></param>
public sealed record Problem(string File, int Line, int Column, string Path, string Message, string? Hint)
{
    public override string ToString()
    {
        var place = Line > 0 ? $"{File}:{Line}:{Column}" : File.Length > 0 ? File : "\"\"";
        var path = Path.Length > 0 ? $"{Path}: " : "";
        var hint = Hint is null ? "" : $" ({Hint})";
        return $"{place}: {path}{Message}{hint}";
    }
}

/// <summary>What a parser returns: the value, or every problem it found. Never both.</summary>
public abstract record Parsed<T>
{
    private Parsed()
    {
    }

    public sealed record Ok(T Value) : Parsed<T>;

    /// <param name="All">At least one, ordered by file and place.</param>
    public sealed record Problems(ImmutableArray<Problem> All) : Parsed<T>
    {
        public override string ToString() => string.Join('\n', All);
    }
}
