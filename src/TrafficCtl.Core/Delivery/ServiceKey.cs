namespace TrafficCtl.Core.Delivery;

/// <summary>A service in an environment: at most one active rollout each; what the work queue holds.</summary>
public readonly record struct ServiceKey(string Service, string Environment) : IComparable<ServiceKey>
{
    public int CompareTo(ServiceKey other)
    {
        var byService = string.CompareOrdinal(Service, other.Service);
        return byService != 0 ? byService : string.CompareOrdinal(Environment, other.Environment);
    }

    public override string ToString() => $"{Service}@{Environment}";

    public static bool operator <(ServiceKey left, ServiceKey right) => left.CompareTo(right) < 0;
    public static bool operator >(ServiceKey left, ServiceKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(ServiceKey left, ServiceKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ServiceKey left, ServiceKey right) => left.CompareTo(right) >= 0;
}
