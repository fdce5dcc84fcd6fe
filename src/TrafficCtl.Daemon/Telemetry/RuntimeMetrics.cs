using Prometheus;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>
/// What prometheus-net and the runtime know of this process: <c>process_*</c> and <c>dotnet_*</c>. Names no version, rollout or person.
/// </summary>
internal sealed class RuntimeMetrics
{
    private readonly CollectorRegistry registry = Prometheus.Metrics.NewCustomRegistry();

    public RuntimeMetrics()
    {
        DotNetStats.Register(registry);
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        var resident = factory.CreateGauge("process_resident_memory_bytes", "Resident memory.");
        var heap = factory.CreateGauge("dotnet_gc_heap_size_bytes", "The managed heap after the last collection, fragmentation included.");
        var allocated = factory.CreateCounter("dotnet_gc_allocated_bytes_total", "Bytes allocated on the managed heap.");
        var pauses = factory.CreateCounter("dotnet_gc_pause_seconds_total", "Time in which the collector stopped all threads.");
        var threads = factory.CreateGauge("dotnet_threadpool_threads", "Threads of the pool.");
        var queued = factory.CreateGauge("dotnet_threadpool_queue_length", "Work items that wait for a thread of the pool.");
        var items = factory.CreateCounter("dotnet_threadpool_completed_items_total", "Work items that the pool has done.");
        var contentions = factory.CreateCounter("dotnet_lock_contentions_total", "Times that a thread had to wait for a lock.");
        registry.AddBeforeCollectCallback(() =>
        {
            resident.Set(Environment.WorkingSet);
            heap.Set(GC.GetGCMemoryInfo(GCKind.Any).HeapSizeBytes);
            allocated.IncTo(GC.GetTotalAllocatedBytes());
            pauses.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
            threads.Set(ThreadPool.ThreadCount);
            queued.Set(ThreadPool.PendingWorkItemCount);
            items.IncTo(ThreadPool.CompletedWorkItemCount);
            contentions.IncTo(Monitor.LockContentionCount);
        });
    }

    /// <summary>Writes all of them; as OpenMetrics with the mark of the end, so nothing may follow.</summary>
    public Task WriteAsync(Stream to, ExpositionFormat format, CancellationToken stop) =>
        registry.CollectAndExportAsTextAsync(to, format, stop);
}
