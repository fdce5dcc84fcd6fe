using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Services;

/// <summary>The target of a service, for code that serves one kind of target only.</summary>
public static class ServiceTargets
{
    extension(ServiceSpec service)
    {
        /// <exception cref="InvalidOperationException">It is of another kind.</exception>
        public EmbeddedTarget Embedded => Of<EmbeddedTarget>(service);

        /// <exception cref="InvalidOperationException">It is of another kind.</exception>
        public ClusterTarget Cluster => Of<ClusterTarget>(service);
    }

    private static TTarget Of<TTarget>(ServiceSpec service)
        where TTarget : Target =>
        service.Target as TTarget
        ?? throw new InvalidOperationException(
            $"{service.Key.Name} runs {service.Target.Kind}, which this part of the process does not serve.");
}
