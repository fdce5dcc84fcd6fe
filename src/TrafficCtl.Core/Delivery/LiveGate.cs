namespace TrafficCtl.Core.Delivery;

/// <summary>What must be quiet for a service to go a step further: <c>needs: [{ quiet: [alerts] }]</c>.</summary>
public enum LiveGate
{
    /// <summary>No alert of the service is firing.</summary>
    Alerts,
}
