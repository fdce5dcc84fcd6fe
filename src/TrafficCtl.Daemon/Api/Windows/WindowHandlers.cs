using System.Globalization;
using System.IO.Pipelines;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.WindowJudging;

namespace TrafficCtl.Daemon.Api.Windows;

/// <summary>The call that judges, for both protocols.</summary>
/// <remarks>All or nothing: with one bad window there is no verdict, so that none is read that rests on a part of what was sent.</remarks>
internal sealed class WindowHandlers(TimeProvider clock, IWindowJudge? judge = null)
{
    public const int MostTraces = 1000;

    /// <summary>In all, so that the control loop keeps its processor.</summary>
    public const int MostAtOnce = 2;

    /// <summary>From the first window to the verdicts.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private const int LongestAnalysis = 16 * 1024;
    private const int MostSaid = 10;

    public static readonly Refusal NoWeight = Refusal.BadRequest(
        string.Create(CultureInfo.InvariantCulture, $"the next weight is a number of basis points from 0 to {Weights.Total}"),
        "options.next_weight");

    private int running;

    /// <summary>How many requests are judged now.</summary>
    public int Running => Volatile.Read(ref running);

    /// <summary>The question of a request, or what is wrong with it.</summary>
    public static Answer<WindowQuestion> QuestionOf(string analysis, int nextWeight, bool explain)
    {
        if (nextWeight is < 0 or > Weights.Total) return NoWeight;
        return analysis.Length <= LongestAnalysis
            ? new WindowQuestion(analysis, nextWeight, explain, MostTraces)
            : Refusal.BadRequest($"the analysis has {analysis.Length} characters; {LongestAnalysis} are allowed", "options.analysis");
    }

    /// <param name="question">How.</param>
    /// <param name="send">Sends the windows, until it has no more or they are not taken.</param>
    /// <param name="stop">Of the caller.</param>
    public async Task<Answer<WindowVerdicts>> JudgeAsync(
        WindowQuestion question, Func<WindowFeed, CancellationToken, Task> send, CancellationToken stop)
    {
        if (judge is null) return new Refusal(RefusalKind.Unavailable, "not served here", "this process judges no windows");
        try
        {
            if (Interlocked.Increment(ref running) > MostAtOnce)
                return new Refusal(
                    RefusalKind.TooMany, "too many judgements", $"{MostAtOnce} requests are judged already: ask again later");
            return await JudgeAsync(judge, question, send, stop);
        }
        finally
        {
            Interlocked.Decrement(ref running);
        }
    }

    private async Task<Answer<WindowVerdicts>> JudgeAsync(
        IWindowJudge by, WindowQuestion question, Func<WindowFeed, CancellationToken, Task> send, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(Longest, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var pipe = new Pipe();
        var judging = Task.Factory.StartNew(
            () => Judge(by, pipe.Reader, question, ended.Token), CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        try
        {
            await send(new WindowFeed(pipe.Writer), ended.Token);
            await pipe.Writer.CompleteAsync();
            return AnswerOf(await judging);
        }
        catch (WindowLimitException limit)
        {
            return new Refusal(RefusalKind.TooLarge, "too many windows", limit.Message);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return new Refusal(
                RefusalKind.TooLarge, "took too long",
                $"the windows were not sent and judged within {DurationText.Of(Longest)}: send fewer");
        }
        finally
        {
            // Nobody works on for a caller that is gone: the reader wakes up, sees the end and is awaited.
            await ended.CancelAsync();
            await pipe.Writer.CompleteAsync(new IOException("the caller is gone"));
            await ((Task)judging).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static WindowAnswer Judge(IWindowJudge by, PipeReader from, WindowQuestion question, CancellationToken stop)
    {
        try
        {
            using var windows = from.AsStream();
            return by.Judge(windows, question, stop);
        }
        finally
        {
            from.Complete();
        }
    }

    private static Answer<WindowVerdicts> AnswerOf(WindowAnswer answer)
    {
        if (answer.HasTooManyTraces)
            return new Refusal(RefusalKind.TooLarge, "too many windows", $"a request may have {MostTraces} traces: send fewer");
        if (answer.Problems.IsEmpty) return new WindowVerdicts(answer.Verdicts);
        var said = answer.Problems.Take(MostSaid).Select(static p => Printable.Escape(p.Line > 0 ? $"line {p.Line}: {p.Text}" : p.Text));
        var rest = answer.ProblemCount > MostSaid ? $"; and {answer.ProblemCount - MostSaid} more" : "";
        return Refusal.BadRequest(string.Join("; ", said) + rest) with
        {
            Violations =
            [
                .. answer.Problems.Take(MostSaid).Select(static p => new Refusal.Violation(FieldOf(p), Printable.Escape(p.Text))),
            ],
        };
    }

    /// <summary>As the contract names it; a window by its place among all, from 0.</summary>
    private static string FieldOf(WindowProblem problem)
    {
        if (problem.Line == 0) return problem.Field;
        var window = string.Create(CultureInfo.InvariantCulture, $"windows[{problem.Line - 1}]");
        return problem.Field.Length > 0 ? $"{window}.{problem.Field}" : window;
    }
}
