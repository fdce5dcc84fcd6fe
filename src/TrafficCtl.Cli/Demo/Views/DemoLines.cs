using System.Globalization;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Views;

/// <summary>A line per moment, and one each few seconds in between, where nobody looks at a terminal.</summary>
internal sealed class DemoLines(TextWriter to, TimeProvider clock) : IDemoView
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private readonly long start = clock.GetTimestamp();
    private long said;
    private string phase = string.Empty;

    public void Say(string line)
    {
        said = clock.GetTimestamp();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(start).TotalSeconds,6:0.0} s  {line}"));
        to.Flush();
    }

    public void Show(ServiceStatus status, LoadReport load, string? stage)
    {
        var rollout = status.Rollout ?? status.Previous;
        var now = rollout is null ? string.Empty : $"{Standing.Phase(rollout)} {Standing.Weight(rollout)}";
        if (now != phase)
        {
            phase = now;
            Say($"{now}: {rollout?.Reason}");
        }
        else if (clock.GetElapsedTime(said) >= Quiet)
        {
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"{stage ?? rollout?.Reason} [{load.Sent} requests; v2 answered {load.V2}, of those {load.BadV2} bad]"));
        }
    }

    public void Dispose()
    {
    }
}
