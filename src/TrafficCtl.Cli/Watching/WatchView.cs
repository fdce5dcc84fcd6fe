using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>
/// One service as a live picture: a pure function of its status and the terminal's size, shared by <c>watch</c> and <c>demo</c>.
/// </summary>
internal static class WatchView
{
    /// <summary>Said in a wait as well as in the forecast.</summary>
    private const string Forecast = "if it is as good as stable";

    /// <param name="columns">The width of the terminal, in characters; longer lines are cut.</param>
    /// <param name="rows">At most so many lines: the least important ones are left out.</param>
    public static IRenderable Render(ServiceStatus service, int columns, int rows = int.MaxValue) => Draw(service, columns).Fit(rows);

    /// <summary>The whole picture, to be fitted.</summary>
    public static Picture Draw(ServiceStatus status, int columns)
    {
        var service = SeenStatus.Of(status);
        var layout = Layout.For(columns, service.Rollout?.Judgement?.Findings.Select(EvidenceView.Label) ?? []);
        var picture = new Picture();
        picture.Add(Rank.Title, Title(service, columns));
        foreach (var warning in service.Warnings)
            AddWrapped(picture, "! ", warning, layout, new Style(Color.Yellow), Rank.Alarm, Rank.MoreAlarm);
        if (service.Rollout is { } rollout) AddRollout(picture, service, rollout, layout);
        else AddIdle(picture, service, layout);
        foreach (var note in service.Notes) AddWrapped(picture, "note: ", note, layout, Layout.Dim, Rank.Notes, Rank.Rest);
        picture.AddSpace();
        NewsLines.AddTo(picture, service.Recent, static _ => "");
        return picture;
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

    /// <summary>The state stands before what may be long.</summary>
    public static Paragraph Title(ServiceStatus service, int columns)
    {
        var title = new Paragraph().Append(Layout.Cut(service.Service, Math.Max(12, columns / 3)), Layout.Bold).Append("  ");
        if (service.Rollout is { } rollout)
        {
            title.Append(Standing.Stand(rollout), new Style(ColorOf(rollout.Phase), decoration: Decoration.Bold));
            if (Standing.InPhase(service, rollout) is { Length: > 0 } time) title.Append($" for {time}", Layout.Dim);
            title.Append($"  {Version(rollout.Stable, columns)} → {Version(rollout.Candidate, columns)}");
        }
        else
        {
            title.Append($"serves {Version(Standing.Serves(service), columns)}");
        }

        return title.Append(
            $"  ({service.Environment}{(service.Target.Length > 0 ? $"/{service.Target}" : "")}) {service.Listen}", Layout.Dim);
    }

    private static string Version(string version, int columns) => Layout.Cut(version, Math.Max(8, columns / 5));

    private static void AddRollout(Picture picture, ServiceStatus service, RolloutStatus rollout, Layout layout)
    {
        if (rollout.Plan.Count > 0) picture.Add(Rank.Plan, PlanLine.Of(rollout, layout));
        picture.Add(Rank.Weight, WeightLine(rollout, layout));
        if (rollout.Breaker.Length > 0) AddWrapped(
            picture, "", $"breaker: {rollout.Breaker}", layout, new Style(Color.Red, decoration: Decoration.Bold), Rank.Alarm,
            Rank.MoreAlarm);
        AddArms(picture, service, layout);
        picture.AddSpace();
        if (rollout.Judgement is { } judgement)
        {
            picture.Add(Rank.Harm, EvidenceView.Harm(judgement, layout));
            foreach (var finding in EvidenceView.ByConcern(judgement)) picture.Add(Rank.Signals, EvidenceView.Signal(finding, layout));
        }

        picture.AddSpace();
        AddLabelled(picture, "now", rollout.Reason, layout, Rank.Now, Rank.MoreNow);
        for (var i = 0; i < rollout.WaitsFor.Count; i++)
            AddLabelled(
                picture, i == 0 ? "waits for" : "", rollout.WaitsFor[i], layout, i == 0 ? Rank.Waits : Rank.MoreWaits, Rank.MoreWaits);
        if (rollout.Forecast is { } forecast && !rollout.WaitsFor.Any(static w => w.Contains(Forecast, StringComparison.Ordinal)))
            AddLabelled(
                picture, "forecast", $"{Forecast}, the judge knows in about {PrintedUnits.About(forecast.ToTimeSpan())}", layout,
                Rank.Forecast, Rank.Rest);
    }

    private static void AddIdle(Picture picture, ServiceStatus service, Layout layout)
    {
        if (service.Previous is { } last)
        {
            picture.Add(Rank.Weight, new Paragraph().Append("no rollout; last ", Layout.Dim).Append($"{last.Stable} → {last.Candidate} ")
                .Append(PrintedUnits.Phase(last.Phase), new Style(ColorOf(last.Phase), decoration: Decoration.Bold))
                .Append($" {PrintedUnits.Ago(last.ChangedAt, service.At)}", Layout.Dim));
            AddWrapped(picture, "", last.Reason, layout, Style.Plain, Rank.Now, Rank.MoreNow);
        }
        else
        {
            AddWrapped(picture, "", $"rollout: {Standing.NoRollout(service)}", layout, Layout.Dim, Rank.Weight, Rank.MoreNow);
        }

        AddArms(picture, service, layout);
    }

    private static void AddArms(Picture picture, ServiceStatus service, Layout layout)
    {
        picture.AddSpace();
        foreach (var line in ArmsView.Lines(service, layout.Columns)) picture.Add(Rank.Arms, line);
    }

    private static Paragraph WeightLine(RolloutStatus rollout, Layout layout) =>
        Bars.AppendTo(layout.Line("weight"), Standing.Known(rollout) / 10_000.0, layout.Bar, ColorOf(rollout.Phase))
            .Append($"  {Standing.Weight(rollout)} to {Whom(rollout)}{Left(rollout)}");

    /// <summary>A long name stands in the title.</summary>
    private static string Whom(RolloutStatus rollout) => Layout.Cells(rollout.Candidate) <= 12 ? rollout.Candidate : "the candidate";

    private static string Left(RolloutStatus rollout) =>
        rollout.Remaining is { } left && left.ToTimeSpan() > TimeSpan.Zero ? $", {PrintedUnits.Left(left.ToTimeSpan())} left" : "";

    private static void AddLabelled(Picture picture, string label, string text, Layout layout, Rank first, Rank rest)
    {
        var rank = first;
        foreach (var line in Layout.Wrap(text, layout.Text))
        {
            picture.Add(rank, layout.Line(rank == first ? label : "").Append(line));
            (label, rank) = ("", rest);
        }
    }

    private static void AddWrapped(Picture picture, string lead, string text, Layout layout, Style style, Rank first, Rank rest)
    {
        var rank = first;
        foreach (var line in Layout.Wrap(lead + text, layout.Columns))
        {
            picture.Add(rank, new Paragraph().Append(line, style));
            rank = rest;
        }
    }
}
