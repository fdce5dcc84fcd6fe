namespace TrafficCtl.Daemon.Telemetry;

/// <summary>How the data directory stands; the host tells it, the metrics page reads it.</summary>
public sealed class DataSigns
{
    private volatile bool isIntact = true;

    /// <summary>The data directory and the store in it are those that this process opened.</summary>
    public bool IsIntact
    {
        get => isIntact;
        set => isIntact = value;
    }
}
