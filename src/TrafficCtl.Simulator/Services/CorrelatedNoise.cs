using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>AR(1) noise on a logarithm, in its stationary law from the start; as a factor its mean is 1.</summary>
internal sealed class CorrelatedNoise(Chance chance, double sd, double correlationSeconds)
{
    private double value = sd > 0 ? sd * chance.Normal() : 0;

    public double Factor { get; private set; } = 1;

    public double Log { get; private set; }

    public void Advance(double seconds)
    {
        if (sd <= 0) return;
        var kept = Math.Exp(-seconds / correlationSeconds);
        value = (kept * value) + (Math.Sqrt(1 - (kept * kept)) * sd * chance.Normal());
        Log = value - (sd * sd / 2);
        Factor = Math.Exp(Log);
    }
}
