namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Why an answer is none.</summary>
public enum PrometheusFault
{
    /// <summary>400: the query is not understood. Asking again does not help.</summary>
    BadQuery,

    /// <summary>422: understood, and not executable (too many samples, series that do not match).</summary>
    NotExecutable,

    /// <summary>429 or 503: it timed out there or was aborted. Later it may be answered.</summary>
    Overloaded,

    /// <summary>There is no token to ask with.</summary>
    NoToken,

    /// <summary>401 or 403.</summary>
    Refused,

    /// <summary>No answer in time, or none at all.</summary>
    Unreachable,

    /// <summary>An answer that is not one of the API's: a proxy's page, cut short, or larger than allowed.</summary>
    Unreadable,
}

/// <summary>A query was not answered. The message says what was asked, what was said, and what to do.</summary>
public sealed class PrometheusException(PrometheusFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public PrometheusFault Fault { get; } = fault;
}
