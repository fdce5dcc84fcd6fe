using System.Collections.Immutable;
using System.Text;
using Google.Protobuf;
using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.WindowJudging;
using TrafficCtl.V1;

namespace TrafficCtl.Offline.Judging;

/// <summary>Judges the windows of a request as <see cref="WindowFile"/> judges those of a file.</summary>
public sealed class WindowJudge : IWindowJudge
{
    public WindowAnswer Judge(Stream windows, WindowQuestion question, CancellationToken stop)
    {
        var parsed = question.Analysis.Length == 0
            ? new Parsed<Analysis>.Ok(Analysis.Default)
            : AnalysisFile.ReadText(Encoding.UTF8.GetBytes(question.Analysis), "analysis");
        if (parsed is not Parsed<Analysis>.Ok(var analysis))
        {
            var problems = ((Parsed<Analysis>.Problems)parsed).All;
            return new WindowAnswer(
                [], [.. problems.Select(static p => new WindowProblem(0, "options.analysis", p.ToString()))], problems.Length);
        }

        var options = new WindowFileOptions
        {
            Name = "windows",
            Analysis = analysis,
            NextWeight = question.NextWeight,
            Explain = question.Explain,
        };
        var bad = new ListedLines();
        var verdicts = ImmutableArray.CreateBuilder<JudgedTrace>();
        using var text = new VerdictText(question.Explain);
        using var full = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            WindowFile.Judge(windows, options, bad, verdict =>
            {
                if (verdicts.Count == question.MostTraces)
                {
                    full.Cancel();
                    full.Token.ThrowIfCancellationRequested();
                }

                verdicts.Add(JsonParser.Default.Parse<JudgedTrace>(text.Of(verdict)));
            }, full.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new WindowAnswer([], [], 0) { HasTooManyTraces = true };
        }

        stop.ThrowIfCancellationRequested();
        return new WindowAnswer(verdicts.DrainToImmutable(), bad.Problems, bad.Count);
    }
}
