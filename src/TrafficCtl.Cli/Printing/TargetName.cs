using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>How a person names a target: <c>checkout</c> where that is clear, <c>checkout@prod</c>, <c>checkout@prod/eu</c>.</summary>
internal static class TargetName
{
    public static string Of(ServiceStatus status) => Of(status.Service, status.Environment, status.Target);

    /// <summary>The shortest name that is clear among these.</summary>
    public static string Among(ServiceStatus status, IEnumerable<ServiceStatus> all) =>
        all.Count(s => s.Service == status.Service) > 1 ? Of(status) : status.Service;

    /// <summary>The shortest name of a fact's target that is clear among these.</summary>
    public static string Among(Fact fact, IEnumerable<ServiceStatus> all) =>
        all.Count(s => s.Service == fact.Service) > 1 ? Of(fact.Service, fact.Environment, fact.Target) : fact.Service;

    /// <summary>The service alone.</summary>
    public static string ServiceOf(string name) => name.Split('@', 2)[0];

    /// <summary>No part is missing. Dots are no names: a client of HTTP takes them for steps to another resource.</summary>
    public static bool IsWhole(string name) =>
        !name.Split('@', 2).SelectMany(static p => p.Split('/')).Any(static p => p is "" or "." or "..");

    /// <summary>Its parts; those that it does not name are empty.</summary>
    public static (string Service, string Environment, string Target) PartsOf(string name)
    {
        var parts = name.Split('@', 2);
        if (parts is not [var service, var place]) return (name, "", "");
        var names = place.Split('/', 2);
        return (service, names[0], names is [_, var target] ? target : "");
    }

    private static string Of(string service, string environment, string? target) =>
        string.IsNullOrEmpty(target) ? $"{service}@{environment}" : $"{service}@{environment}/{target}";
}
