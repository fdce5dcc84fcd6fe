using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Targets;

/// <summary>The same driver for all targets of a kind: its ports tell targets apart by their keys.</summary>
/// <typeparam name="TTarget">The kind.</typeparam>
/// <param name="driver">Made when the first target of the kind is declared.</param>
public sealed class TargetFactory<TTarget>(Func<TargetDriver> driver) : ITargetFactory
    where TTarget : Target
{
    private readonly Lazy<TargetDriver> driver = new(driver);

    public TargetDriver? DriverOf(ServiceSpec service) => service.Target is TTarget ? driver.Value : null;
}
