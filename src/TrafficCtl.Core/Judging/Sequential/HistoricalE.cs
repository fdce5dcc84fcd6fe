using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>An e-process for "the rate is at most a fixed limit", from one arm alone: x of n a tick.</summary>
/// <remarks>
/// Each bet θ &gt; limit has ln e = x ln(θ/limit) − n(θ − limit), of mean at most one for independent requests.
/// The limit comes from a frozen past, so this stands outside the promised error rate.
/// </remarks>
internal sealed class HistoricalE(double logCap)
{
    private readonly Wealth wealth = new(Bets.Harm.Length, logCap);

    public double LogE => wealth.LogE;

    public Sample Seen { get; private set; }

    public void Step(double requests, double events, double limit, double phi, double share)
    {
        if (requests <= 0)
        {
            wealth.Rest(share);
            return;
        }

        Span<double> logs = stackalloc double[Bets.Most];
        for (var j = 0; j < logs.Length; j++)
            logs[j] = (events * Math.Log(Bets.Harm[j])) - (requests * limit * (Bets.Harm[j] - 1));
        wealth.Step(logs, phi, share);
        Seen = new Sample(Seen.Events + events, Seen.Requests + requests);
    }

    public void Save(StateWriter to)
    {
        wealth.Save(to);
        to.Double(Seen.Events);
        to.Double(Seen.Requests);
    }

    public void Load(ref StateReader from)
    {
        wealth.Load(ref from);
        Seen = new Sample(from.Double(), from.Double());
    }
}
