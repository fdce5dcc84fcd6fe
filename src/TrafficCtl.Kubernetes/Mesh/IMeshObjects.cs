namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>Where routing objects live: a cluster's API, or Consul's.</summary>
internal interface IMeshObjects
{
    /// <param name="namespace">The namespace of the target.</param>
    /// <param name="read">What to see.</param>
    /// <param name="isFresh">From the server, not from memory.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The same instance of an object as before while it did not change.</returns>
    /// <exception cref="MeshException">It could not be read.</exception>
    ValueTask<SceneObjects> ReadAsync(string @namespace, MeshRead read, bool isFresh, CancellationToken stop);

    /// <exception cref="MeshException">
    /// It was refused, or it is unknown whether it was done: then it is read anew before another try.
    /// </exception>
    /// <exception cref="MeshRaceException">
    /// The object is no longer what was read, or the write is invalid: reading anew tells which.
    /// </exception>
    ValueTask WriteAsync(string @namespace, MeshEdit edit, CancellationToken stop);
}

/// <summary>A precondition of a write did not hold, so nothing was changed.</summary>
internal sealed class MeshRaceException(string message, Exception? inner = null) : Exception(message, inner);
