using System.Collections.Immutable;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.WindowJudging;

/// <summary>Judges windows that were measured elsewhere; the process that hosts the API brings it.</summary>
public interface IWindowJudge
{
    /// <summary>Blocks until all are judged.</summary>
    /// <param name="windows">One JSON object a line, as <c>docs/window-files.md</c> describes them.</param>
    /// <param name="question">How they are judged.</param>
    /// <param name="stop">Ends it, with an <see cref="OperationCanceledException"/>.</param>
    WindowAnswer Judge(Stream windows, WindowQuestion question, CancellationToken stop);
}

/// <summary>How windows are judged.</summary>
/// <param name="Analysis">Tolerances in YAML, as an analysis file has them; empty for the defaults.</param>
/// <param name="NextWeight">Pass means good enough for this weight, in basis points from 0 to 10,000.</param>
/// <param name="Explain">A sentence beside the numbers.</param>
/// <param name="MostTraces">With more of them the answer has <see cref="WindowAnswer.HasTooManyTraces"/>.</param>
public sealed record WindowQuestion(string Analysis, int NextWeight, bool Explain, int MostTraces);

/// <summary>What became of the windows.</summary>
/// <param name="Verdicts">One for each trace, in the order of the windows.</param>
/// <param name="Problems">What is wrong with the analysis, or with windows; the first ones of many.</param>
/// <param name="ProblemCount">How many there are.</param>
public sealed record WindowAnswer(ImmutableArray<JudgedTrace> Verdicts, ImmutableArray<WindowProblem> Problems, long ProblemCount)
{
    public bool HasTooManyTraces { get; init; }
}

/// <summary>Something that is wrong.</summary>
/// <param name="Line">Of the window, from 1; 0 where it is none of a window.</param>
/// <param name="Field">The key that is wrong, such as <c>latency.counts</c>; empty where it is the line as a whole.</param>
/// <param name="Text">What is wrong and what to do.</param>
public sealed record WindowProblem(long Line, string Field, string Text);
