"""Laboratory series summed up: baseline, peak, area under the curve, values that drugs alter."""
