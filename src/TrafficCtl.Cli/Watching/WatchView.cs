using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>One service as a live picture: a pure function of its status, shared by <c>watch</c> and <c>demo</c>.</summary>
internal static class WatchView
{
    private const int BarWidth = 32;
    private const int LabelWidth = 11;
    private const int RecentShown = 5;

    private static readonly Style Dim = new(Color.Grey);
    private static readonly Style Bold = new(decoration: Decoration.Bold);

    public static IRenderable Render(ServiceStatus service)
    {
        var parts = new List<IRenderable> { Title(service) };
        parts.AddRange(service.Warnings.Select(w => Line($"! {w}", new Style(Color.Yellow))));
        if (service.Rollout is { } rollout)
        {
            parts.Add(PlanLine(rollout));
            parts.Add(WeightLine(rollout));
            if (rollout.Breaker.Length > 0) parts.Add(Line($"breaker: {rollout.Breaker}", new Style(Color.Red, decoration: Decoration.Bold)));
            parts.Add(Text.Empty);
            parts.Add(ArmsView.Render(service));
            parts.Add(Text.Empty);
            if (rollout.Judgement is { } judgement) parts.Add(EvidenceView.Render(judgement, LabelWidth, BarWidth));
            parts.Add(Text.Empty);
            parts.Add(Ahead(rollout));
        }
        else
        {
            parts.Add(Idle(service));
            parts.Add(Text.Empty);
            parts.Add(ArmsView.Render(service));
        }

        if (service.Recent.Count > 0)
        {
            parts.Add(Text.Empty);
            parts.AddRange(service.Recent.Take(RecentShown).Select(RecentLine));
        }

        return new Rows(parts);
    }

    /// <summary>The colour that a phase has everywhere.</summary>
    public static Color ColorOf(string phase) => phase switch
    {
        "Good" or "Baking" => Color.Green,
        "RollingBack" or "RolledBack" or "Aborted" => Color.Red,
        "Paused" => Color.Yellow,
        "Superseded" => Color.Grey,
        _ => Color.Aqua,
    };

    private static Paragraph Title(ServiceStatus service)
    {
        var title = new Paragraph().Append(service.Service, Bold).Append($" ({service.Environment}) {service.Listen}  ", Dim);
        if (service.Rollout is not { } rollout) return title.Append($"serves {Standing.Serves(service)}");
        title.Append($"{rollout.Stable} → {rollout.Candidate}  ").Append(rollout.Phase, new Style(ColorOf(rollout.Phase), decoration: Decoration.Bold));
        if (Standing.Step(rollout) is { Length: > 0 } step) title.Append($" {step}");
        title.Append($" for {Standing.InPhase(service, rollout)}", Dim);
        return title;
    }

    /// <summary>The plan's steps: done, present, to come.</summary>
    private static Paragraph PlanLine(RolloutStatus rollout)
    {
        var line = new Paragraph().Append("plan".PadRight(LabelWidth + 2), Dim);
        for (var i = 0; i < rollout.Plan.Count; i++)
        {
            if (i > 0) line.Append(i < rollout.Step ? " ━━ " : " ── ", i < rollout.Step ? new Style(Color.Green) : Dim);
            var share = Standing.Planned(rollout, i);
            if (i < rollout.Step - 1) line.Append($"✓ {share}", new Style(Color.Green));
            else if (i == rollout.Step - 1) line.Append($"● {share}", new Style(ColorOf(rollout.Phase), decoration: Decoration.Bold));
            else line.Append($"○ {share}", Dim);
        }

        return line;
    }

    private static Grid WeightLine(RolloutStatus rollout) => Row(
        new Text("weight", Dim),
        Bars.Of(rollout.EffectiveWeight / 10_000.0, BarWidth, ColorOf(rollout.Phase)),
        new Text($"{Standing.Weight(rollout)} to {rollout.Candidate}{Left(rollout)}"));

    private static string Left(RolloutStatus rollout) => rollout.Remaining is { } left && left.Seconds > 0 ? $", {Units.Left(left.ToTimeSpan())} left" : "";

    /// <summary>What comes next and what it waits for.</summary>
    private static Rows Ahead(RolloutStatus rollout)
    {
        var lines = new List<IRenderable>();
        if (rollout.Reason.Length > 0) lines.Add(Row(new Text("now", Dim), new Text(rollout.Reason)));
        for (var i = 0; i < rollout.WaitsFor.Count; i++) lines.Add(Row(new Text(i == 0 ? "waits for" : "", Dim), new Text(rollout.WaitsFor[i])));
        if (rollout.Forecast is { } forecast) lines.Add(Row(new Text("forecast", Dim), new Text($"if it is as good as stable, the judge knows in about {Units.About(forecast.ToTimeSpan())}")));
        return new Rows(lines);
    }

    private static Rows Idle(ServiceStatus service)
    {
        if (service.Previous is not { } last) return new Rows(Line("no rollout yet", Dim));
        var words = new Paragraph().Append("no rollout; last ", Dim).Append($"{last.Stable} → {last.Candidate} ")
            .Append(last.Phase, new Style(ColorOf(last.Phase), decoration: Decoration.Bold))
            .Append($" {Units.Ago(last.ChangedAt, service.At)}", Dim);
        return last.Reason.Length > 0 ? new Rows(words, Line(last.Reason, Style.Plain)) : new Rows(words);
    }

    private static OneLine RecentLine(Fact fact) => new(new Paragraph()
        .Append($"{Units.Time(fact.At)}  ", Dim)
        .Append($"{(fact.What.Length > 0 ? fact.What : fact.Kind),-12}", Bold)
        .Append($" {TextOf(fact)}"));

    /// <summary>Without the rollout's name, which the title says already.</summary>
    private static string TextOf(Fact fact)
    {
        var text = fact.Text.ReplaceLineEndings(" ");
        var end = text.StartsWith($"rollout {fact.Rollout} (", StringComparison.Ordinal) ? text.IndexOf("): ", StringComparison.Ordinal) : -1;
        return end < 0 ? text : text[(end + 3)..];
    }

    private static Text Line(string text, Style style) => new(text, style);

    private static Grid Row(params IRenderable[] cells)
    {
        var grid = new Grid { Expand = false };
        grid.AddColumn(new GridColumn { Width = LabelWidth, NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        for (var i = 1; i < cells.Length; i++) grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 2, 0) });
        grid.AddRow(cells);
        return grid;
    }
}
