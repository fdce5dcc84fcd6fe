using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>Several services: each in full where there is room for it, else a line each and the newest facts of all.</summary>
internal static class ManyView
{
    private const int LeastInFull = 12;
    private const int MostNews = 8;

    public static IRenderable Render(IReadOnlyCollection<ServiceStatus> services, string? lost, int columns, int rows)
    {
        var parts = new List<IRenderable>();
        if (lost is not null) parts.Add(new OneLine(new Text($"not connected: {lost}; trying again", new Style(Color.Red))));
        var room = rows - parts.Count;
        var pictures = services.Select(s => WatchView.Draw(s, columns)).ToArray();
        var least = pictures.Sum(static p => Math.Min(LeastInFull, p.Count)) + pictures.Length - 1;
        if (pictures.Length > 1 && least > room)
            parts.Add(Brief([.. services.Select(SeenStatus.Of)], columns, room));
        else
            AddInFull(parts, pictures, room);
        return new Rows(parts);
    }

    /// <summary>The smaller ones whole, and what they leave to the larger ones in equal parts.</summary>
    private static void AddInFull(List<IRenderable> parts, Picture[] pictures, int rows)
    {
        var room = rows - pictures.Length + 1;
        var shares = new int[pictures.Length];
        var left = pictures.Length;
        foreach (var (at, count) in pictures.Select(static (p, at) => (at, p.Count)).OrderBy(static p => p.Count))
        {
            shares[at] = Math.Min(count, room / left);
            (room, left) = (room - shares[at], left - 1);
        }

        for (var at = 0; at < pictures.Length; at++)
        {
            if (at > 0) parts.Add(Text.Empty);
            parts.Add(pictures[at].Fit(shares[at]));
        }
    }

    private static Rows Brief(ServiceStatus[] services, int columns, int rows)
    {
        var picture = new Picture();
        var room = Math.Max(1, rows - NewsLines.Few - 1);
        var first = services.OrderBy(Concern).Take(services.Length <= room ? services.Length : Math.Max(1, room - 1)).ToHashSet();
        var width = Math.Min(Math.Max(12, columns / 3), first.Max(s => Layout.Cells(TargetName.Among(s, services)))) + 2;
        foreach (var service in services.Where(first.Contains))
            picture.Add(Rank.Title, Line(service, TargetName.Among(service, services), width));
        if (first.Count < services.Length)
            picture.Add(Rank.Alarm, new Paragraph().Append($"… and {services.Length - first.Count} more: watch SERVICE", Layout.Dim));
        picture.AddSpace();
        Fact[] news =
        [
            .. services.SelectMany(static s => s.Recent)
                .OrderByDescending(static f => f.At.ToDateTimeOffset())
                .ThenByDescending(static f => f.Seq)
                .Take(MostNews),
        ];
        var names = NewsWidth(news, services, Math.Min(width, Math.Max(10, columns / 5)), columns / 4);
        NewsLines.AddTo(picture, news, fact => Layout.Pad(TargetName.Among(fact, services), names));
        return picture.Fit(rows);
    }

    /// <summary>Wider where names of targets would lose their ends, which tell them apart.</summary>
    private static int NewsWidth(Fact[] news, ServiceStatus[] services, int usual, int most)
    {
        var longest = news.Select(f => Layout.Cells(TargetName.Among(f, services))).DefaultIfEmpty(0).Max() + 2;
        return Math.Max(usual, Math.Min(longest, most));
    }

    /// <summary>Trouble before rollouts, and these before what only serves.</summary>
    private static int Concern(ServiceStatus service) =>
        service.Rollout?.Breaker.Length > 0 || service.Warnings.Count > 0 ? 0 : service.Rollout is not null ? 1 : 2;

    private static Paragraph Line(ServiceStatus service, string name, int width)
    {
        var line = new Paragraph().Append(Layout.Pad(name, width), Layout.Bold);
        if (service.Rollout is { } rollout)
        {
            var style = new Style(WatchView.ColorOf(rollout.Phase), decoration: Decoration.Bold);
            line.Append(Standing.Weight(rollout).PadLeft(5)).Append("  ").Append(Standing.Stand(rollout), style)
                .Append($" for {Standing.InPhase(service, rollout)}", Layout.Dim).Append($"  {rollout.Stable} → {rollout.Candidate}");
            if (rollout.Breaker.Length > 0) line.Append($"  breaker: {rollout.Breaker}", new Style(Color.Red));
        }
        else
        {
            line.Append($"{"",5}  serves {Standing.Serves(service)}");
            if (service.Previous is { } last)
                line.Append($"  last {last.Candidate} ", Layout.Dim).Append(
                    PrintedUnits.Phase(last.Phase), new Style(WatchView.ColorOf(last.Phase)))
                    .Append($" {PrintedUnits.Ago(last.ChangedAt, service.At)}", Layout.Dim);
        }

        foreach (var warning in service.Warnings) line.Append($"  ! {warning}", new Style(Color.Yellow));
        return line;
    }
}
