using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>What hits both arms at once: the day's swing and incidents.</summary>
internal sealed class Weather
{
    private const double Day = 86_400;

    private readonly Scenario scenario;
    private readonly Chance chance;
    private readonly double trafficPhase, errorPhase;
    private double nextIncident = double.PositiveInfinity;
    private double incidentEnds = double.NegativeInfinity;
    private double incidentErrors;

    public Weather(Scenario scenario, Chance chance, double start)
    {
        (this.scenario, this.chance) = (scenario, chance);
        (trafficPhase, errorPhase) = (chance.Uniform(0, 2 * Math.PI), chance.Uniform(0, 2 * Math.PI));
        if (scenario.Incidents is { } incidents) nextIncident = start + chance.Exponential(incidents.Every);
    }

    /// <summary>Traffic × this.</summary>
    public double Traffic { get; private set; } = 1;

    /// <summary>Error rates × this.</summary>
    public double Errors { get; private set; } = 1;

    /// <summary>Added to error rates by an incident, over the interval.</summary>
    public double IncidentErrors { get; private set; }

    /// <summary>The relative growth of latency by an incident, over the interval.</summary>
    public double IncidentLatency { get; private set; }

    /// <summary>Rises with each incident: groups are hit anew.</summary>
    public int Incident { get; private set; }

    /// <summary>Moves on to the interval [from, from + seconds).</summary>
    public void Advance(double from, double seconds)
    {
        if (scenario.Daily is { } daily)
        {
            var angle = 2 * Math.PI * (from + (seconds / 2)) / Day;
            Traffic = 1 + (daily.Traffic * Math.Sin(angle + trafficPhase));
            Errors = 1 + (daily.Errors * Math.Sin(angle + errorPhase));
        }

        if (scenario.Incidents is not { } incidents) return;
        var (overlap, until) = (0.0, from + seconds);
        while (true)
        {
            if (incidentEnds > from)
                overlap += Math.Max(0, Math.Min(incidentEnds, until) - Math.Max(incidentEnds - incidents.Lasting, from));
            if (nextIncident >= until || incidentEnds > until) break;
            incidentEnds = nextIncident + incidents.Lasting;
            nextIncident = incidentEnds + chance.Exponential(incidents.Every);
            incidentErrors = chance.Uniform(incidents.LeastErrors, incidents.MostErrors);
            Incident++;
        }

        var part = Math.Min(1, overlap / seconds);
        (IncidentErrors, IncidentLatency) = (part * incidentErrors, part * (incidents.Latency - 1));
    }
}
